// Stands for 'bplib-figures' and every D3 module where a figure's own script is bundled: figures.js has them already.
module.exports = window.bplibFigures.shared;
