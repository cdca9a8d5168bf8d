import type { Policy } from '../policy.ts'
import { mapBlocks, mapTools } from '../walk.ts'

/** No more cache breakpoints than the model counts; the last ones cover the most. */
export const withinCacheMarks: Policy = (request, { diagnostics, profile }) => {
  const { maxCacheMarks } = profile
  if (maxCacheMarks === undefined) return request
  let marks = request.tools?.filter(tool => tool.cacheMark).length ?? 0
  mapBlocks(request, block => {
    if (block.cacheMark) marks++
    return block
  })
  let surplus = marks - maxCacheMarks
  if (surplus <= 0) return request
  const unmarked = <T extends { readonly at?: string | undefined; readonly cacheMark?: unknown }>(item: T): T => {
    if (!item.cacheMark || surplus <= 0) return item
    surplus--
    diagnostics.dropped(`${item.at ?? 'messages'}.cacheMark`, `the model counts ${maxCacheMarks} cache breakpoints`)
    return { ...item, cacheMark: undefined }
  }
  return mapBlocks(mapTools(request, unmarked), unmarked)
}
