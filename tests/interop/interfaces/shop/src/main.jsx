import '@fontsource/inter/400.css'
import './styles.css'
import clsx from 'clsx'
import { format } from 'date-fns'
import i18next from 'i18next'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { initReactI18next, useTranslation } from 'react-i18next'
import { BrowserRouter, Route, Routes } from 'react-router'
import { z } from 'zod'

await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { translation: {} } } })

// Imported and never called: nothing of it may be said to ship.
export const unused = () => z.string()

function Home() {
  const { t } = useTranslation()
  const open = () => import('./menu.js').then((menu) => menu.open())
  return (
    <button className={clsx('btn', 'btn-primary')} onClick={open}>
      {t('hello')} {format(new Date(0), 'yyyy')}
    </button>
  )
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <BrowserRouter>
      <Routes>
        <Route path="/" element={<Home />} />
      </Routes>
    </BrowserRouter>
  </StrictMode>,
)
