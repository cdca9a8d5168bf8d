import type { Policy } from '../policy.ts'
import { mapBlocks } from '../walk.ts'

const BILLING = /^x-anthropic-billing-header:/

/** Claude Code's billing line is for Anthropic alone; it differs by conversation and would spoil other prompt caches. */
export const withoutBillingHeader: Policy = (request, { diagnostics }) =>
  mapBlocks(request, (block, message) => {
    if (message.placement !== 'top' || block.type !== 'text' || !BILLING.test(block.text)) return block
    diagnostics.changed(block.at ?? 'system', "the client's billing line is for its own provider only")
    return undefined
  })
