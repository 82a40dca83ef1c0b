import { createBoardcacheOn } from './boardcache.ts'
import { browserPlatform } from './browser-platform.ts'
import { lazyParts } from './lazy-parts.ts'
import type { Boardcache, BoardcacheOptions } from './types.ts'

/** Creates a client of a workspace, in a browser or in Node. README.md beside this file says how it is used. */
export function createBoardcache(options: BoardcacheOptions): Boardcache {
  return createBoardcacheOn(browserPlatform(), lazyParts, options)
}

export type { Answer, AnswerStatus } from './answer.ts'
export type {
  AnswerOf,
  Contact,
  ContactChange,
  ContactCreation,
  ContactMove,
  ContactPage,
  Counts,
  LookupRoute,
  PageOptions,
  ParametersOf,
  WholeContact,
} from './api.ts'
export type { ApiErrorCode } from './api-types.ts'
export { BoardcacheError, type ClientErrorCode, type Fault } from './client-error.ts'
export type { ConnectionStatus, ToldChange } from './live/connection-status.ts'
export type {
  Board,
  Boardcache,
  BoardcacheOptions,
  ClientStats,
  ContactWrites,
  Explanation,
  Query,
  QueryFunction,
  TokenRequest,
  Written,
} from './types.ts'
