import { createHash } from 'node:crypto'
import type { Policy } from '../policy.ts'

/** Another vendor learns no client's identity, but still one user from another: the ids leave as hashes. */
export const hashedUser: Policy = (request, { diagnostics }) => {
  const { user } = request
  if (!user) return request
  const { id, safetyIdentifier } = user
  if (id !== undefined) diagnostics.changed('user.id', 'the identity of a user leaves for another vendor as a hash')
  return {
    ...request,
    user: { id: id && hash(id), safetyIdentifier: safetyIdentifier && hash(safetyIdentifier) },
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
