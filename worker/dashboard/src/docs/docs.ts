import type { ReactNode } from 'react'
import 'swagger-ui-dist/swagger-ui.css'
import './docs.css'
import SwaggerUI, { type Plugin, type System } from 'swagger-ui-dist/swagger-ui-es-bundle.js'
import { isDark } from '../stored-theme.ts'

/**
 * `/docs`: `/openapi.json` as Swagger UI shows it. The page cannot send requests of the API: people would type tokens into it, and
 * it cannot reach the origin's operations. It fetches from this Worker only.
 */
document.documentElement.classList.toggle('dark-mode', isDark())
const place = document.getElementById('docs')
if (place === null) throw new Error('docs.html has no #docs')

SwaggerUI({
  url: '/openapi.json',
  domNode: place,
  // The other layout has a bar whose pictures carry styles that the page's content security policy refuses.
  layout: 'BaseLayout',
  supportedSubmitMethods: [],
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  filter: true,
  // Its colours are too faint to read, and are inline styles, which a stylesheet cannot change.
  syntaxHighlight: false,
  plugins: [withoutControls],
})

/** Leaves out parts that have no use where nothing is sent, controls without a name, and controls inside of other controls. */
function withoutControls({ React }: System): Plugin {
  const nothing = () => null
  const text = (words: ReactNode) => React.createElement('span', null, words)
  return {
    components: {
      authorizeBtn: nothing,
      authorizeOperationBtn: nothing,
      ServersContainer: nothing,
      License: nothing,
      // A link inside of the button that opens the operation. Opening it puts the same link into the address bar.
      DeepLink: ({ text: words }) => text(words),
      // A choice with one option: no operation has the same body in two types.
      contentType: ({ value }) => text(value),
    },
    wrapComponents: {
      // A choice among the errors of one status. It has no label, so a screen reader could not say what it is for.
      ExamplesSelect: (original) => (props) =>
        React.createElement(
          'label',
          null,
          'Example: ',
          React.createElement(original, { ...props, showLabels: false }),
        ),
    },
  }
}
