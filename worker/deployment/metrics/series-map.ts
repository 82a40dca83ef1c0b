import { seriesOf } from './families.ts'

interface Node<Value> {
  /** Null until the series that ends here is counted for the first time. */
  value: Value | null
  /** By the next label. */
  readonly children: Map<string, Node<Value>>
}

/**
 * A value for each series. A series is found label by label: labels are constants whose hashes the engine keeps, while a joined
 * name would be built and hashed again for each of the seven series that a read counts.
 */
export class SeriesMap<Value> {
  private readonly families: Map<string, Node<Value>> = new Map()
  private readonly named: (readonly [series: string, value: Value])[] = []
  private readonly create: () => Value

  constructor(create: () => Value) {
    this.create = create
  }

  get isEmpty(): boolean {
    return this.named.length === 0
  }

  /** The value of a series, which is created when it is first needed. */
  at(family: string, labels: readonly string[]): Value {
    let node = childOf(this.families, family)
    for (const label of labels) node = childOf(node.children, label)
    if (node.value !== null) return node.value
    const value = this.create()
    node.value = value
    this.named.push([seriesOf(family, labels), value])
    return value
  }

  /** Every series with what `read` makes of its value. */
  read<Read>(read: (value: Value) => Read): Record<string, Read> {
    return Object.fromEntries(this.named.map(([series, value]) => [series, read(value)]))
  }
}

function childOf<Value>(nodes: Map<string, Node<Value>>, name: string): Node<Value> {
  const known = nodes.get(name)
  if (known !== undefined) return known
  const node: Node<Value> = { value: null, children: new Map() }
  nodes.set(name, node)
  return node
}
