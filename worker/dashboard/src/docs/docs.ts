import type { ReactNode } from 'react'
import 'swagger-ui-dist/swagger-ui.css'
import './docs.css'
import SwaggerUI, { type Plugin, type System } from 'swagger-ui-dist/swagger-ui-es-bundle.js'
import { isDark } from '../stored-theme.ts'

/**
 * `/docs`: `/openapi.json` as Swagger UI shows it. It only shows: with a way to send requests the page would invite people to type
 * tokens into it, and the origin's operations are out of its reach. The page asks nothing but this Worker.
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
  // Its colours are too faint to read, and are written as styles that no stylesheet changes.
  syntaxHighlight: false,
  plugins: [withoutControls],
})

/** Leaves out what has no use where nothing is sent, and controls without a name or inside of other controls. */
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
      // A choice of one: no operation takes or gives the same thing in two types.
      contentType: ({ value }) => text(value),
    },
    wrapComponents: {
      // A choice among the errors of one status; without a label nobody hears what it is for.
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
