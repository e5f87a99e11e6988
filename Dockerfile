# The app and its worker: one image, two commands (compose.yaml).
FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/retention
COPY requirements-app.lock /src/
RUN /opt/retention/bin/pip install --require-hashes -r /src/requirements-app.lock
COPY requirements.lock /src/
# The build backend, from the lock that names its hash.
RUN python -c "import re, pathlib; lock = pathlib.Path('/src/requirements.lock').read_text(); \
    names = 'hatchling|packaging|pathspec|pluggy|trove-classifiers'; \
    found = re.findall(rf'^(?:{names})==.*(?:\n    .*)*', lock, re.M); \
    pathlib.Path('/src/build.lock').write_text('\n'.join(found) + '\n')" \
    && python -m pip install --require-hashes -r /src/build.lock
COPY pyproject.toml README.md LICENSE manifest.json /src/
COPY plugin /src/plugin
COPY webhooks /src/webhooks
COPY admin_ui /src/admin_ui
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist /src \
    && /opt/retention/bin/pip install --no-deps /dist/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/retention --create-home retention
COPY --from=build /opt/retention /opt/retention
ENV PATH=/opt/retention/bin:$PATH PYTHONUNBUFFERED=1 \
    RETENTION_HOST=0.0.0.0 RETENTION_PORT=8080 RETENTION_DATABASE_URL=sqlite:////var/lib/retention/retention.db
USER retention
WORKDIR /var/lib/retention
VOLUME /var/lib/retention
EXPOSE 8080
# `retention serve` ends within 20 seconds of SIGTERM.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["retention"]
CMD ["serve"]
