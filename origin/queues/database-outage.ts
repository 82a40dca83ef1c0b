/** Errors of pg and pg-pool without a code, which mean that a connection cannot be had or is gone. */
const lostConnections: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
])

/** SQLSTATE classes "connection exception" and "operator intervention": a server that ends, starts or is out of reach. */
const outageState = /^(08|57P)/
const networkCode = /^E[A-Z]{4,}$/

/** Whether an error of pg says that the database is out of reach, and nothing about the statement. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (lostConnections.has(error.message)) return true
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return outageState.test(code) || networkCode.test(code)
}
