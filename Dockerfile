# The desk as an image: `docker build -t factcheck .`, then `docker run -p 8000:8000 -v factcheck:/data factcheck`.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY factcheck factcheck
COPY migrations migrations
COPY seeds seeds
COPY wsgi.py ./
RUN python -m venv /opt/factcheck \
    && /opt/factcheck/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/factcheck/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
# `factcheck backup` and `restore` call pg_dump and pg_restore. The client's version follows Debian's stable release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data --uid 10001 --shell /usr/sbin/nologin factcheck
COPY --from=build /opt/factcheck /opt/factcheck
ENV PATH=/opt/factcheck/bin:$PATH \
    FACTCHECK_DATABASE_URL=sqlite:////data/factcheck.db \
    FACTCHECK_LOG_FOLDER=/data/log \
    FACTCHECK_INDEX_DIR=/data/index \
    FACTCHECK_DATA_DIR=/data/published
WORKDIR /data
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["factcheck"]
CMD ["serve", "--host", "0.0.0.0"]
