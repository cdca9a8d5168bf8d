import type { Exchange } from 'lunaroute'

/** A page the gateway answered by itself, such as /healthz: probes would drown the rest. */
export function isOwnPage({ endpoint, attempts, outcome }: Exchange): boolean {
  return endpoint === null && attempts.length === 0 && outcome === 'ok'
}
