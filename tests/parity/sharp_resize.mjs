// sharp_resize.mjs IN OUT SIZE QUALITY: sharp's defaults but for the quality; what it cannot read it leaves out.
import sharp from 'sharp'
import fs from 'fs'
import path from 'path'

const [source, out, size, quality] = process.argv.slice(2)
fs.mkdirSync(out, { recursive: true })
for (const name of fs.readdirSync(source).sort()) {
  const target = path.join(out, path.parse(name).name + '.jpg')
  try {
    await sharp(path.join(source, name), { failOn: 'none' })
      .rotate()
      .resize(+size, +size, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: +quality })
      .toFile(target)
  } catch (error) {
    console.error(`${name}: ${error.message}`)
  }
}
