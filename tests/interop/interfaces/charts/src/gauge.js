import { css, html, LitElement } from 'lit'

class Gauge extends LitElement {
  static styles = css`
    :host {
      display: block;
    }
  `

  render() {
    return html`<slot></slot>`
  }
}

customElements.define('chart-gauge', Gauge)
