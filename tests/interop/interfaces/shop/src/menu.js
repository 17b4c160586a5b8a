import './menu.css'
import Dropdown from 'bootstrap/js/dist/dropdown'

export async function open() {
  new Dropdown(document.body).show()
  await import('./print.css')
}
