/** React hooks on the browser client and TanStack Query. README.md beside this file says how they are used. */
export type { RowsView } from '../pages/rows-by-index.ts'
export { BoardcacheProvider, connectQueryClient, useBoardcache } from './provider.ts'
export {
  type BoardOptions,
  type ShownAnswer,
  useAnswer,
  useBoard,
  useContact,
  useCounts,
  usePreload,
} from './use-answer.ts'
export { useVirtualBoard, type VirtualBoard } from './use-virtual-board.ts'
