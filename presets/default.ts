import { definePreset } from 'lunaroute'
import local from 'lunaroute/presets/local'
import recording from 'lunaroute/presets/recording'

// What runs where a configuration names no plugin, or where there is no configuration at all: what a coding assistant
// needs, and a record of everything it did. LUNAROUTE_ENABLE_SESSION_RECORDING=false records nothing.
export default definePreset([local, recording])
