/** The browser client of Boardcache. README.md beside this file says how it is used. */
export type { Answer, AnswerStatus } from './answer.ts'
export type {
  AnswerOf,
  Contact,
  ContactChange,
  ContactCreation,
  ContactMove,
  ContactPage,
  Counts,
  PageOptions,
  ParametersOf,
  ResourceName,
  WholeContact,
} from './api.ts'
export { BoardcacheError, type ClientErrorCode, type Fault } from './client-error.ts'
export type { ConnectionStatus } from './live/live-connection.ts'
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
