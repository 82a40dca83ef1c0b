import type { z } from 'zod'
import { errorBody, type WireErrorCode, wireErrors } from '../../../shared/contract/errors.ts'
import { exampleOf } from './examples.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'

type ServerName = 'worker' | 'origin'

/** One operation of the document, of either server. */
export interface Operation {
  readonly server: ServerName
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  /** Any one of these is enough. An empty one means that no credential is needed. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly body: BodyContent | null
  readonly answers: readonly Answer[]
  readonly errors: readonly WireErrorCode[]
  /** Headers of a 404 whose absence is cached like an answer. */
  readonly absenceHeaders?: Readonly<Record<string, object>>
  /** Whether the rate limits of users and workspaces count the operation. */
  readonly isLimited: boolean
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly isRequired: boolean
  readonly description: string
  readonly schema: JsonSchema
}

interface Content {
  readonly contentType: string
  readonly schema: z.ZodType
  readonly description: string
}

/** A body, which may be text of another type instead of what the schema says. */
interface BodyContent extends Content {
  readonly asItIs?: string
}

/** The answer of a success. A 304 has no content. */
export interface Answer {
  readonly status: number
  readonly description: string
  readonly content: Omit<Content, 'description'> | null
  readonly headers?: Readonly<Record<string, object>>
}

/** Headers that many answers have, by name. */
export const commonHeaders = {
  RateLimit: textHeader(
    'Present if rate limits are switched on. One item for each limit: the requests that remain (`r`) and the seconds until the window ends (`t`).',
    '"user";r=599;t=42',
  ),
  'RateLimit-Policy': textHeader(
    'Present if rate limits are switched on. One item for each limit: the requests (`q`) that a window of `w` seconds allows.',
    '"user";q=600;w=60',
  ),
  'Retry-After': {
    description: 'The number of seconds after which to try again.',
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
  'WWW-Authenticate': textHeader(
    'The fault of the token (RFC 6750, section 3).',
    'Bearer error="invalid_token"',
  ),
} as const

const limitHeaders = headerReferences('RateLimit', 'RateLimit-Policy')

function headerReferences(...names: readonly (keyof typeof commonHeaders)[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** An example of each error that one of the operations may answer, by its code. */
export function errorExamples(operations: readonly Operation[]): Record<string, object> {
  const codes = new Set(operations.flatMap(({ errors }) => errors))
  return Object.fromEntries(
    [...codes].map((code) => [code, { summary: wireErrors[code].sentence, value: exampleOfError(code) }]),
  )
}

export function textHeader(description: string, example: string): object {
  return { description, schema: { type: 'string' }, example }
}

/** The meaning of `X-Workspace-ID` to the routes of jobs, at both servers. */
export const workspaceOfJobs =
  'The workspace whose jobs are meant. Operators may leave it out, unless they add jobs: then all workspaces are meant.'

/** The parameters of a path or a query. A path's parameters are required, a query's if the schema says so. */
export function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): Parameter[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input')
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: place,
    isRequired: place === 'path' || required.includes(name),
    description: field.description ?? describedByShape(field),
    schema: field,
  }))
}

/** Describes a parameter without a description by its schema. */
function describedByShape({ enum: choices, default: preset, minLength, maxLength }: JsonSchema): string {
  const shape =
    choices !== undefined
      ? `One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
      : maxLength === undefined
        ? 'Text.'
        : `Text of ${minLength ?? 0} to ${maxLength} characters.`
  return preset === undefined ? shape : `${shape} The default is \`${preset}\`.`
}

const serverWords: Readonly<Record<ServerName, string>> = {
  worker: 'At the Worker:',
  origin: 'At the origin:',
}

/** The OpenAPI object of an operation, or of two operations with the same method and path at different servers. */
export function operationObject(operations: readonly [Operation, ...Operation[]]): object {
  const [first, ...others] = operations
  const security = operations.flatMap((operation) => operation.security)
  return {
    operationId: operationId(first),
    tags: [first.tag],
    summary: first.summary,
    description: operations
      .map(({ server, description }) =>
        others.length === 0 ? description : `${serverWords[server]} ${description}`,
      )
      .join('\n\n'),
    security: [...new Map(security.map((each) => [JSON.stringify(each), each])).values()],
    parameters: withoutRepetitions(operations.flatMap(({ parameters }) => parameters)).map(parameterObject),
    ...requestBody(first.body),
    responses: { ...successes(operations), ...refusals(operations) },
  }
}

/** Both servers may take the same parameter. */
function withoutRepetitions(parameters: readonly Parameter[]): Parameter[] {
  const firstFirst = parameters.toReversed().map((each) => [`${each.in} ${each.name}`, each] as const)
  return [...new Map(firstFirst).values()].toReversed()
}

function parameterObject({ name, in: place, isRequired, description, schema }: Parameter): object {
  const { description: _said, examples: _shown, ...shape } = schema
  return { name, in: place, required: isRequired, description, schema: shape, example: exampleOf(schema) }
}

function requestBody(body: BodyContent | null): object {
  if (body === null) return {}
  const { contentType, description, schema, asItIs } = body
  const content = {
    [contentType]: mediaType(jsonSchemaOf(schema, 'input')),
    ...(asItIs === undefined ? {} : { [asItIs]: { schema: { type: 'string' }, example: messageExample } }),
  }
  return { requestBody: { required: true, description, content } }
}

const messageExample = 'From: ann@example.com\r\nTo: sales@example.org\r\nSubject: Hello\r\n\r\nText.\r\n'

/** For lines and events, schema and example describe one line or one event. */
function mediaType(schema: JsonSchema): object {
  return { schema, example: exampleOf(schema) }
}

function successes(operations: readonly Operation[]): Record<string, object> {
  const answers = operations.flatMap(({ server, isLimited, answers }) =>
    answers.map((answer) => ({ ...answer, server, isLimited })),
  )
  return Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, ofStatus]) => [
      status,
      {
        description: [...new Set(ofStatus.map(({ description }) => description))].join(' '),
        ...headersObject(
          Object.assign({}, ...ofStatus.map(({ headers }) => headers)),
          ofStatus.some(({ isLimited }) => isLimited) ? limitHeaders : {},
        ),
        ...contentObject(ofStatus),
      },
    ]),
  )
}

function headersObject(...headers: readonly Readonly<Record<string, object>>[]): object {
  const all: Record<string, object> = Object.assign({}, ...headers)
  return Object.keys(all).length === 0 ? {} : { headers: all }
}

function contentObject(answers: readonly (Answer & { readonly server: ServerName })[]): object {
  const contents = answers.flatMap(({ server, content }) =>
    content === null ? [] : [{ ...content, server }],
  )
  const [first, ...others] = contents
  if (first === undefined) return {}
  const schemas = contents.map(({ schema }) => jsonSchemaOf(schema, 'output'))
  const isOne = new Set(schemas.map((schema) => JSON.stringify(schema))).size === 1
  if (others.length === 0 || isOne) {
    return { content: { [first.contentType]: mediaType(schemas[0] ?? {}) } }
  }
  const examples = contents.map(({ server }, at) => [server, { value: exampleOf(schemas[at] ?? {}) }])
  return {
    content: { [first.contentType]: { schema: { anyOf: schemas }, examples: Object.fromEntries(examples) } },
  }
}

/** The errors of an operation by status, with an example of the body for each code. */
function refusals(operations: readonly Operation[]): Record<string, object> {
  const codes = new Set(operations.flatMap(({ errors }) => errors))
  const isLimited = operations.some((operation) => operation.isLimited)
  const absenceHeaders = Object.assign({}, ...operations.map((operation) => operation.absenceHeaders))
  return Object.fromEntries(
    [...Map.groupBy(codes, (code) => wireErrors[code].status)].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${wireErrors[code].sentence}`).join(' '),
        ...headersObject(
          status === 401 ? headerReferences('WWW-Authenticate') : {},
          status === 429 || status === 503 ? headerReferences('Retry-After') : {},
          status === 429 && isLimited ? limitHeaders : {},
          status === 404 ? absenceHeaders : {},
        ),
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/Error' },
            examples: Object.fromEntries(
              ofStatus.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      },
    ]),
  )
}

function exampleOfError(code: WireErrorCode): object {
  const { status } = wireErrors[code]
  const pause = status === 429 || status === 503 ? { retryAfterSeconds: 1 } : {}
  return errorBody({ code, ...pause }, 'd9428888-122b-4f3b-9a4d-1f4b1c0f6a52')
}

function operationId({ server, method, path }: Operation): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'api')
  return [method.toLowerCase(), ...(server === 'origin' ? ['origin'] : []), ...words].join('-')
}
