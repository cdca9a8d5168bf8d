import type { NeutralRequest } from 'lunaroute/neutral'
import type { Policy, PolicyContext } from '../policy.ts'
import { withAllowedTools } from './allowed-tools.ts'
import { reportBags } from './bags.ts'
import { withoutBillingHeader } from './billing.ts'
import { withinCacheMarks } from './cache-marks.ts'
import { withCallIds } from './call-ids.ts'
import { withoutCustomTools } from './custom-tools.ts'
import { withoutForeignBlocks } from './foreign.ts'
import { withinMedia } from './media.ts'
import { withoutNamespaces, withToolsAtTop } from './namespaces.ts'
import { withoutPrefill } from './prefill.ts'
import { withReasoning } from './reasoning.ts'
import { withOwnState, withRememberedState, withSignedCalls } from './reasoning-state.ts'
import { withResults } from './results.ts'
import { withinNumbers } from './sampling.ts'
import { withSchemas } from './schemas.ts'
import { withStructuredOutput } from './structured-output.ts'
import { withToolNames } from './tool-names.ts'
import { withinToolLimits } from './tools.ts'
import { hashedUser } from './user.ts'
import { withUserFirst } from './user-first.ts'

/** In this order: what reads the client's own words stands before what changes them. */
const POLICIES: readonly Policy[] = [
  withoutForeignBlocks,
  reportBags,
  withoutBillingHeader,
  hashedUser,
  withOwnState,
  // A model may not reason and be made to use a tool at once.
  withStructuredOutput,
  withReasoning,
  withRememberedState,
  withSignedCalls,
  withToolsAtTop,
  withoutNamespaces,
  withoutCustomTools,
  withinToolLimits,
  withAllowedTools,
  withToolNames,
  withSchemas,
  withResults,
  withCallIds,
  withinMedia,
  withUserFirst,
  withoutPrefill,
  withinCacheMarks,
  withinNumbers,
]

/** The request as the model it goes to can take it. */
export function applyPolicies(request: NeutralRequest, context: PolicyContext): NeutralRequest {
  return POLICIES.reduce((current, policy) => policy(current, context), request)
}
