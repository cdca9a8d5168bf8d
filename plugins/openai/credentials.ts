import type { CredentialRule } from 'lunaroute'

export const credentials: CredentialRule = {
  headers: ['authorization'],
  header: key => ['authorization', `Bearer ${key}`],
}
