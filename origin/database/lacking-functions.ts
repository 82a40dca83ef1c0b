import type { Database } from './database.ts'

/** The SQL functions that the database was found to lack, of those that this origin calls. */
export interface LackingFunctions {
  readonly size: number
}

/**
 * Notes which SQL functions the database lacks because it is older than this origin, and calls `report` once for each. A function that
 * a later call finds is no longer missing: the migrations have been run meanwhile.
 */
export function withLackingFunctions(
  database: Database,
  report: (functionName: string) => void,
): { readonly database: Database; readonly lacking: LackingFunctions } {
  const lacking = new Set<string>()
  return {
    lacking,
    database: {
      ...database,
      async callRpc(functionName, ...rest) {
        const called = await database.callRpc(functionName, ...rest)
        const isLacking = !called.ok && called.error.kind === 'lacking'
        if (!isLacking) lacking.delete(functionName)
        else if (!lacking.has(functionName)) {
          lacking.add(functionName)
          report(functionName)
        }
        return called
      },
    },
  }
}
