/** A media type that an answer can have, and the parameters of a range that it satisfies. */
export interface Offered<Name extends string> {
  readonly name: Name
  /** In lower case: `text/plain`. */
  readonly type: string
  /** Whether the answer satisfies a parameter of a range. Name and value are in lower case. */
  readonly has: (parameter: string, value: string) => boolean
}

interface Range {
  readonly type: string
  readonly subtype: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** From 0 (not acceptable) to 1. */
  readonly weight: number
}

/** RFC 9110 section 5.6.2, and a quoted string of section 5.6.4. */
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const quoted = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"'
const rangePattern = new RegExp(`^(${token})/(${token})$`)
const parameterPattern = new RegExp(`^(${token})=(${token}|${quoted})$`)
/** Section 12.4.2: at most three digits. */
const weightPattern = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/

/**
 * The offered type that a request's `Accept` prefers (RFC 9110 section 12.5.1). The weight of a type is that of the most
 * specific range that fits it, `q=0` refuses it, and a malformed part of the field is ignored. Among equal weights the first
 * offered type wins. It also wins without the field, and if no offered type is acceptable: the RFC lets a server choose between
 * a 406 and an answer in any type, and a client with an unusual field is better served by the default than by an error.
 */
export function negotiate<Name extends string>(
  accept: string | null,
  offered: readonly [Offered<Name>, ...Offered<Name>[]],
): Name {
  const ranges = accept === null ? [] : parseAccept(accept)
  let best: { readonly name: Name; readonly weight: number } = { name: offered[0].name, weight: 0 }
  for (const each of offered) {
    const weight = weightOf(each, ranges)
    if (weight > best.weight) best = { name: each.name, weight }
  }
  return best.name
}

/** The weight of the most specific range that fits. Among equally specific ranges the greatest weight counts. */
function weightOf<Name extends string>(offered: Offered<Name>, ranges: readonly Range[]): number {
  let weight = 0
  let precision = -1
  for (const range of ranges) {
    if (!fits(offered, range)) continue
    const rangePrecision = precisionOf(range)
    if (rangePrecision < precision) continue
    weight = rangePrecision === precision ? Math.max(weight, range.weight) : range.weight
    precision = rangePrecision
  }
  return weight
}

function fits<Name extends string>({ type: offered, has }: Offered<Name>, range: Range): boolean {
  const [type, subtype] = offered.split('/')
  const isOfType = range.type === '*' || (range.type === type && ['*', subtype].includes(range.subtype))
  return isOfType && range.parameters.every(([name, value]) => has(name, value))
}

/** Section 12.5.1: a subtype is more specific than any subtype, which is more specific than any type. Each parameter adds one. */
function precisionOf({ type, subtype, parameters }: Range): number {
  if (type === '*') return 0
  return subtype === '*' ? 1 : 2 + parameters.length
}

function parseAccept(accept: string): Range[] {
  return splitOutsideQuotes(accept, ',').flatMap((member) => {
    const range = parseRange(splitOutsideQuotes(member, ';').map(trimmed))
    return range === null ? [] : [range]
  })
}

/** Section 5.6.6: a semicolon precedes each parameter, and there may be empty ones. */
function parseRange([first = '', ...others]: readonly string[]): Range | null {
  const [, type = '', subtype = ''] = rangePattern.exec(first) ?? []
  if (type === '' || (type === '*' && subtype !== '*')) return null
  const found = others.filter((each) => each !== '').map((each) => parameterPattern.exec(each))
  const parameters = found.flatMap((match) =>
    match === null ? [] : [[lower(match[1]), lower(unquoted(match[2] ?? ''))] as const],
  )
  // "Recipients SHOULD process any parameter named "q" as weight, regardless of parameter ordering."
  const weights = parameters.filter(([name]) => name === 'q').map(([, value]) => value)
  const isMalformed = parameters.length < found.length || weights.length > 1
  if (isMalformed || !weights.every((value) => weightPattern.test(value))) return null
  return {
    type: lower(type),
    subtype: lower(subtype),
    parameters: parameters.filter(([name]) => name !== 'q'),
    weight: Number(weights[0] ?? 1),
  }
}

/** Splits in one pass, since an attacker chooses the text. A quote that is never closed reaches to the end. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (isQuoted && character === '\\') at += 1
    else if (character === '"') isQuoted = !isQuoted
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

const trimmed = (text: string) => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
const lower = (text = '') => text.toLowerCase()

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
}
