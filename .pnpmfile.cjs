// What a published package.json leaves out: the `source` condition points at files only this repository has, and development fields.
function withoutSource(exported) {
  if (typeof exported !== 'object' || exported === null) return exported;
  return Object.fromEntries(
    Object.entries(exported)
      .filter(([condition]) => condition !== 'source')
      .map(([key, value]) => [key, withoutSource(value)]),
  );
}

// A registry accepts provenance only for a package that names the repository it was built in.
function repository() {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  return GITHUB_ACTIONS === 'true' ? { repository: { type: 'git', url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` } } : {};
}

module.exports = {
  hooks: {
    beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }) {
      const published = { ...manifest, ...repository() };
      return manifest.exports === undefined ? published : { ...published, exports: withoutSource(manifest.exports) };
    },
  },
};
