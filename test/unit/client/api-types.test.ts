import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { routes } from '../../../worker/app.ts'
import { openApiDocument } from '../../../worker/http/openapi.ts'
import { clientTypesOf, clientTypesPath } from '../../support/client-types.ts'
import { projectFolder } from '../../support/run-tool.ts'

it('the types of the client are those of the OpenAPI document (`npm run client:types` writes them)', async () => {
  const written = await readFile(join(projectFolder, clientTypesPath), 'utf8')
  expect(await clientTypesOf(openApiDocument(routes))).toBe(written)
})
