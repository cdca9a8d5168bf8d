import { definePreset } from 'lunaroute'
import local from 'lunaroute/presets/local'
import recording from 'lunaroute/presets/recording'

// What runs where there is no configuration, or one that names no plugin and holds no rules: what a coding assistant needs,
// and a record of everything it did. LUNAROUTE_ENABLE_SESSION_RECORDING=false records nothing.
export default definePreset([local, recording])
