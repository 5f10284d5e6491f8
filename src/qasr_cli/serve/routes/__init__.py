"""The routes, one module a family. Starlette is imported here and in `app` alone."""
