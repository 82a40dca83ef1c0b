/** The part of the viewer that `/docs` uses (Swagger UI's documentation, "Configuration" and "Plugin API"). */
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  import type { ReactNode } from 'react'

  type Component = (props: Readonly<Record<string, ReactNode>>) => ReactNode

  /** The argument of plugins. Elements must be created by the viewer's own React. */
  export interface System {
    readonly React: {
      createElement(type: string | Component, attributes: object | null, ...children: ReactNode[]): ReactNode
    }
  }

  export interface Plugin {
    readonly components?: Readonly<Record<string, Component>>
    readonly wrapComponents?: Readonly<Record<string, (original: Component) => Component>>
  }

  interface Options {
    readonly url: string
    readonly domNode: Element
    readonly layout: 'BaseLayout'
    readonly supportedSubmitMethods: readonly string[]
    readonly validatorUrl: string | null
    readonly deepLinking: boolean
    readonly docExpansion: 'list' | 'full' | 'none'
    readonly defaultModelsExpandDepth: number
    readonly filter: boolean
    readonly syntaxHighlight: boolean
    readonly plugins: readonly ((system: System) => Plugin)[]
  }
  export default function SwaggerUI(options: Options): unknown
}
