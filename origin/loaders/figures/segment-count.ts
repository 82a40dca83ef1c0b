import { segmentCount } from '../../../shared/resources/figures/segment-count.ts'
import { defineLoader } from '../loader.ts'

/** Loads the number of contacts in a segment. The SQL function returns the declared data. */
export const segmentCountLoader = defineLoader(segmentCount, ({ id }, { workspaceId, query }) =>
  query(segmentCount.data, 'segment_count', { p_workspace: workspaceId, p_segment: id }),
)
