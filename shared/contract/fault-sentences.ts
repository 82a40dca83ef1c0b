import { z } from 'zod'

type Issue = z.core.$ZodRawIssue
type IssueOf<Code extends z.core.$ZodIssueCode> = z.core.$ZodRawIssue<
  Extract<z.core.$ZodIssue, { code: Code }>
>

/**
 * The fault of an input, as the end of a sentence that begins with the input's name ("page must be …"). It says what is
 * accepted and never what was sent, since an input may contain contact data. A sentence in the schema itself takes
 * precedence. zod calls this function for all other faults, in every program that imports this file, so that no caller
 * reads zod's own words.
 */
function faultSentenceOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return sentenceOfType(issue)
    case 'invalid_value':
      return isAbsent(issue) ? `must be given, and ${choice(issue.values)}` : `must ${choice(issue.values)}`
    case 'too_small':
      return sentenceOfBound(issue, { bound: Number(issue.minimum), side: 'least' })
    case 'too_big':
      return sentenceOfBound(issue, { bound: Number(issue.maximum), side: 'most' })
    case 'invalid_format':
      return sentenceOfFormat(issue)
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return unknownParameter
    case 'invalid_union':
      return sentenceOfUnion(issue)
    case 'invalid_key':
      return 'must have a name of another form'
    case 'invalid_element':
      return 'holds an item that is not taken here'
    case 'custom':
      return notTaken
    default:
      return unreachable(issue)
  }
}

export const unknownParameter = 'is not a parameter of this route'
/** For a rule of which the schema itself says nothing. */
const notTaken = 'is not of a form that is taken here'

z.config({ customError: faultSentenceOf })

function isAbsent({ input }: Issue): boolean {
  return input === undefined
}

/** "be one of open, closed". The values are the schema's own. */
function choice(values: readonly z.core.util.Primitive[]): string {
  const [first, ...others] = values
  if (others.length > 0) return `be one of ${values.map(String).join(', ')}`
  return `be ${typeof first === 'string' ? JSON.stringify(first) : String(first)}`
}

/** By what zod expected. Names that are not here are those of classes. */
const sentencesOfTypes: ReadonlyMap<string, string> = new Map([
  ['string', 'must be text'],
  ['number', 'must be a number'],
  ['int', 'must be a whole number'],
  ['bigint', 'must be a whole number'],
  ['boolean', 'must be true or false'],
  ['object', 'must be an object'],
  ['record', 'must be an object'],
  ['map', 'must be an object'],
  ['array', 'must be a list'],
  ['tuple', 'must be a list'],
  ['set', 'must be a list'],
  ['date', 'must be a date'],
  ['null', 'must be null'],
  ['undefined', 'must be left out'],
  ['void', 'must be left out'],
  ['never', 'must be left out'],
  ['nonoptional', 'must be given'],
  ['nan', 'must not be a number'],
  ['file', 'must be a file'],
])

const mustBeAbsent: ReadonlySet<string> = new Set(['undefined', 'void', 'never'])

function sentenceOfType(issue: IssueOf<'invalid_type'>): string {
  const { expected } = issue
  if (isAbsent(issue) && !mustBeAbsent.has(expected)) return 'must be given'
  if (expected === 'int' || expected === 'number') return `must be ${nounOfNumber(issue)}${range(issue)}`
  return sentencesOfTypes.get(expected) ?? notTaken
}

interface Bound {
  readonly bound: number
  readonly side: 'least' | 'most'
}

/** The unit in which texts and collections are bounded. For everything else the value itself is bounded. */
const countedThings: ReadonlyMap<string, readonly [one: string, many: string]> = new Map([
  ['string', ['character', 'characters']],
  ['array', ['item', 'items']],
  ['set', ['item', 'items']],
  ['map', ['item', 'items']],
  ['object', ['member', 'members']],
  ['record', ['member', 'members']],
  ['file', ['byte', 'bytes']],
])

function sentenceOfBound(issue: IssueOf<'too_small' | 'too_big'>, { bound, side }: Bound): string {
  const { origin, exact = false, inclusive = true } = issue
  if (origin === 'date') {
    const at = new Date(bound).toISOString()
    return side === 'least' ? `must be no earlier than ${at}` : `must be no later than ${at}`
  }
  const things = countedThings.get(origin)
  if (things === undefined) {
    const both = range(issue)
    if (both !== '') return `must be ${nounOfNumber(issue)}${both}`
    if (inclusive) return `must be at ${side} ${bound}`
    return `must be ${side === 'least' ? 'more' : 'less'} than ${bound}`
  }
  const count = `${bound} ${bound === 1 ? things[0] : things[1]}`
  if (exact) return `must have exactly ${count}`
  if (side === 'least' && bound === 1) return 'must not be empty'
  return `must have ${inclusive ? `at ${side}` : side === 'least' ? 'more than' : 'fewer than'} ${count}`
}

/** The number's schema, whether it found the fault itself or one of its checks did. */
function numberSchemaOf({ inst, schema }: Issue): z.ZodNumber | null {
  if (schema instanceof z.ZodNumber) return schema
  return inst instanceof z.ZodNumber ? inst : null
}

function nounOfNumber(issue: Issue): string {
  const isWhole = issue.code === 'invalid_type' && issue.expected === 'int'
  return isWhole || numberSchemaOf(issue)?.isInt === true ? 'a whole number' : 'a number'
}

/** " from 1 to 100", which tells both bounds at once; empty where the schema has not both, or excludes one of them. */
function range(issue: Issue): string {
  const { minValue, maxValue } = numberSchemaOf(issue) ?? {}
  return isBound(minValue) && isBound(maxValue) ? ` from ${minValue} to ${maxValue}` : ''
}

/** zod bounds every whole number by what JavaScript can count, and says so of no schema in particular. */
function isBound(value: number | null | undefined): value is number {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER
}

/** Of the formats that a schema is likely to take. A pattern says what it is for with a sentence of its own. */
const sentencesOfFormats: ReadonlyMap<string, string> = new Map([
  ['datetime', 'must be a date and time such as 2026-01-31T12:00:00Z'],
  ['date', 'must be a date such as 2026-01-31'],
  ['time', 'must be a time of day such as 12:00:00'],
  ['duration', 'must be a duration such as PT5M'],
  ['email', 'must be an e-mail address such as name@example.com'],
  ['url', 'must be a URL such as https://example.com/path'],
  ['uuid', 'must be a UUID'],
  ['guid', 'must be a UUID'],
  ['ipv4', 'must be an IPv4 address'],
  ['ipv6', 'must be an IPv6 address'],
  ['cidrv4', 'must be a range of IPv4 addresses'],
  ['cidrv6', 'must be a range of IPv6 addresses'],
  ['e164', 'must be a phone number such as +14155550123'],
  ['base64', 'must be base64'],
  ['base64url', 'must be base64url'],
  ['json_string', 'must be JSON'],
  ['jwt', 'must be a JSON Web Token'],
  ['safeint', 'must be a whole number'],
  ['int32', 'must be a whole number'],
  ['uint32', 'must be a whole number'],
  ['float32', 'must be a number'],
  ['float64', 'must be a number'],
])

function sentenceOfFormat(issue: IssueOf<'invalid_format'>): string {
  const { format } = issue
  if (format === 'starts_with') return `must begin with ${JSON.stringify(issue['prefix'])}`
  if (format === 'ends_with') return `must end with ${JSON.stringify(issue['suffix'])}`
  if (format === 'includes') return `must contain ${JSON.stringify(issue['includes'])}`
  return sentencesOfFormats.get(format) ?? notTaken
}

function sentenceOfUnion(issue: IssueOf<'invalid_union'>): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
  return options.length === 0 ? notTaken : `must ${choice(options)}`
}

/** A code that a newer zod may bring: the compiler finds it here, and a caller reads a sentence all the same. */
function unreachable(_issue: never): string {
  return notTaken
}
