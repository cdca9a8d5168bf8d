// What runs where a configuration names no plugin, or where there is no configuration at all.
export { default } from './local.ts'
