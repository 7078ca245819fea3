// The page's icon with a count on it, drawn on a canvas.

const SIZE = 64;
const COUNT_MAX = 99;

/** @type {Promise<HTMLImageElement> | undefined} */
let loading;
let wanted = 0;

/** @param {HTMLLinkElement} link */
async function loadIcon(link) {
  const image = new Image(SIZE, SIZE);
  image.src = link.href;
  await image.decode();
  return image;
}

/** @param {HTMLImageElement} icon @param {number} count */
function draw(icon, count) {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  canvas.width = SIZE;
  canvas.height = SIZE;
  if (!pen) return icon.src;
  pen.drawImage(icon, 0, 0, SIZE, SIZE);
  pen.fillStyle = '#a5301e';
  pen.beginPath();
  pen.arc(SIZE * 0.66, SIZE * 0.66, SIZE * 0.34, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = '#fff';
  pen.font = `bold ${SIZE * (count > 9 ? 0.4 : 0.52)}px sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(count > COUNT_MAX ? '∞' : String(count), SIZE * 0.66, SIZE * 0.69);
  return canvas.toDataURL();
}

/** @param {number} count 0 for the plain icon */
export async function drawCount(count) {
  const link = document.querySelector('link[rel=icon]');
  wanted = count;
  if (!(link instanceof HTMLLinkElement) || (count === 0 && !loading)) return;
  loading ??= loadIcon(link);
  const icon = await loading;
  if (wanted === count) link.href = count > 0 ? draw(icon, count) : icon.src;
}
