// What a published package.json leaves out: the `source` condition points at files only this repository has, and development fields.
function withoutSource(exported) {
  if (typeof exported !== 'object' || exported === null) return exported;
  return Object.fromEntries(
    Object.entries(exported)
      .filter(([condition]) => condition !== 'source')
      .map(([key, value]) => [key, withoutSource(value)]),
  );
}

module.exports = {
  hooks: {
    beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }) {
      return manifest.exports === undefined ? manifest : { ...manifest, exports: withoutSource(manifest.exports) };
    },
  },
};
