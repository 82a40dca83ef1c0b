import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
form { display: grid; gap: 0.75rem; width: min(20rem, 90vw); }
h1 { font-size: 1.25rem; margin: 0; }
label { display: grid; gap: 0.25rem; }
input, button { font: inherit; padding: 0.5rem 0.75rem; }
p { margin: 0; }
`

/** The page runs no script and loads nothing. */
export const loginPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page where an operator signs in to the board. `fault` says why the last attempt did not succeed. */
export function loginPage(action: string, fault: string | null): string {
  return pageWith(
    'Sign in',
    action,
    `${fault === null ? '' : `<p role="alert">${fault}</p>`}
<label>Name <input name="username" autocomplete="username" required maxlength="100" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="500"></label>`,
  )
}

/** The page where the operator ends the session. A link alone must not end it. */
export function signOutPage(action: string): string {
  return pageWith('Sign out', action, '')
}

function pageWith(verb: string, action: string, fields: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${verb}: Boardcache queues</title>
<style>${style}</style>
</head>
<body>
<main>
<form method="post" action="${action}">
<h1>Boardcache queues</h1>
${fields}
<button>${verb}</button>
</form>
</main>
</body>
</html>
`
}
