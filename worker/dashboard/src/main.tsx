import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/page.css'
import './styles/parts.css'
import './styles/controls.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { Boundary } from './parts/boundary.tsx'
import { applyTheme, storedTheme } from './theme.ts'

applyTheme(storedTheme())
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <Boundary what="the dashboard">
      <App />
    </Boundary>
  </StrictMode>,
)
