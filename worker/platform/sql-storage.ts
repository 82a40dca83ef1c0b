type Cell = ArrayBuffer | string | number | null
type Binding = ArrayBuffer | string | number | null

/** The part of a Durable Object's SQL storage that is used here. Other SQLite bindings fit it too. */
export interface SqlStorage {
  readonly sql: { exec(statement: string, ...values: Binding[]): Iterable<Record<string, Cell>> }
  transactionSync<Value>(work: () => Value): Value
}
