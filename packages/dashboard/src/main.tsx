import './style.css'

document.body.textContent = 'x'
