import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { wireErrors } from '../../shared/contract/errors.ts'
import { resources } from '../../shared/resources/index.ts'
import { runTool } from './run-tool.ts'

export const clientTypesPath = 'worker/client/api-types.ts'

/** The TypeScript 5 that openapi-typescript needs is in the package of this folder. */
const generator = 'worker/client/api-types/node_modules/openapi-typescript/bin/cli.js'

const operationSchema = z.object({
  parameters: z.array(z.looseObject({ in: z.string() })).default([]),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()).optional() })),
})
const documentSchema = z.object({
  openapi: z.string(),
  info: z.unknown(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({}).optional(),
})

const writtenPaths: Readonly<Record<string, readonly string[]>> = {
  '/api/contacts': ['post'],
  '/api/contacts/{id}': ['get', 'patch', 'delete'],
  '/api/contacts/{id}/move': ['post'],
}

/**
 * The part of the OpenAPI document that the browser client uses: the reads that members may make, and the writes of contacts, without
 * headers, errors and examples.
 */
function clientPart(document: object): object {
  const { openapi, info, paths } = documentSchema.parse(JSON.parse(JSON.stringify(document)))
  const read = resources.filter(({ callers }) => callers.some((caller) => caller === 'member'))
  const methodsOf = { ...Object.fromEntries(read.map(({ route }) => [route, ['get']])), ...writtenPaths }
  const chosen = Object.entries(methodsOf).map(([path, methods]) => [
    path,
    Object.fromEntries(methods.map((method) => [method, withoutHeaders(paths[path]?.[method])])),
  ])
  return { openapi, info, paths: Object.fromEntries(chosen) }
}

function withoutHeaders(operation: unknown): object {
  const { parameters, requestBody, responses } = operationSchema.parse(operation)
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  return withoutExamples({
    parameters: parameters.filter((parameter) => parameter.in !== 'header'),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: Object.fromEntries(
      answers.map(([status, { content }]) => [status, { description: 'The answer.', content }]),
    ),
  })
}

/** A member of that name whose value is an object or a list is never a field of an answer here. */
function withoutExamples<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (name, inner: unknown) =>
      (name === 'examples' || name === 'example') && typeof inner === 'object' ? undefined : inner,
    ),
  )
}

const codes = Object.keys(wireErrors).map((code) => `    | "${code}"`)

/** The text of worker/client/api-types.ts for an OpenAPI document. */
export async function clientTypesOf(document: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-types-'))
  try {
    const given = join(folder, 'openapi.json')
    const made = join(folder, 'api-types.ts')
    await writeFile(given, JSON.stringify(clientPart(document)))
    await runTool(process.execPath, [
      generator,
      given,
      '-o',
      made,
      '--immutable',
      '--default-non-nullable=false',
    ])
    return `${await readFile(made, 'utf8')}\n/** The codes of the API's errors. */\nexport type ApiErrorCode =\n${codes.join('\n')}\n`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { routes } = await import('../../worker/app.ts')
  const { openApiDocument } = await import('../../worker/http/openapi.ts')
  await writeFile(clientTypesPath, await clientTypesOf(openApiDocument(routes)))
}
