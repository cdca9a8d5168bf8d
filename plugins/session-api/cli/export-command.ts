import type { CommandModule } from 'lunaroute'
export const run: CommandModule['run'] = async () => 0
