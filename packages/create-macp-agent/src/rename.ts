/**
 * The name a packed template file gets in a project. npm leaves `.gitignore` out of tarballs and treats `.npmrc` as its own, so
 * `scripts/pack-templates.mjs` gives dotfiles a `_` for the dot, in every folder of the path.
 */
export function projectName(path: string): string {
  return path
    .split('/')
    .map((part) => (part.startsWith('_') ? `.${part.slice(1)}` : part))
    .join('/');
}
