const membersMax = 30
const nameCharactersMax = 60
const idPattern = /^[A-Za-z0-9_.~-]{1,128}$/
const idNamePattern = /^(?:id|[A-Za-z0-9]+(?:Id|_id))$/

/**
 * The outline of a job's data that the board shows: the names of members, and of the values only ids. Data come from outside too and may
 * name people, and everybody who knows the board's password sees it, whichever workspace a job belongs to.
 */
export function outlineOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return kindOf(data)
  const members = Object.entries(data)
  const shown = members
    .slice(0, membersMax)
    .map(([name, value]): [string, string] => [name.slice(0, nameCharactersMax), valueShown(name, value)])
  const rest = members.length - shown.length
  return { ...Object.fromEntries(shown), ...(rest > 0 ? { '…': `and ${rest} more` } : {}) }
}

function valueShown(name: string, value: unknown): string {
  const isId = typeof value === 'string' && idNamePattern.test(name) && idPattern.test(value)
  return isId ? value : kindOf(value)
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `(text of ${value.length} characters)`
  if (Array.isArray(value)) return `(list of ${value.length})`
  if (typeof value === 'object' && value !== null) return `(object of ${Object.keys(value).length} members)`
  return value === null ? '(nothing)' : `(${typeof value})`
}
