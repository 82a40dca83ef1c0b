import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ComponentType, createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { createBoardcache } from '../../worker/client/index.ts'
import { BoardcacheProvider } from '../../worker/client/react/index.ts'

/*
 * The surroundings in which the examples of the READMEs run: they find a `client` and a `getToken` as an application has them, and the
 * components that they export are shown.
 */

const given = new URLSearchParams(location.hash.slice(1))
const getToken = () => given.get('token') ?? ''
const client = createBoardcache({ url: given.get('url') ?? '', workspaceId: '15213', token: getToken })
Object.assign(globalThis, { client, getToken })

/** Shows everything that an example exports as a component. */
export function show(example: Readonly<Record<string, ComponentType>>): void {
  const components = Object.values(example)
  if (components.length > 0)
    createRoot(document.body.appendChild(document.createElement('div'))).render(
      <QueryClientProvider client={new QueryClient()}>
        <BoardcacheProvider client={client}>
          {components.map((component) => createElement(component, { key: component.name }))}
        </BoardcacheProvider>
      </QueryClientProvider>,
    )
  document.body.dataset['ran'] = 'true'
}
