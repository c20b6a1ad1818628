# docker build -t siltdb .
# docker run -d -p 5433:5433 -v siltdb-data:/var/lib/siltdb \
#     -v ./password:/run/secrets/siltdb:ro -e SILTDB_AUTH__ADMIN_PASSWORD_FILE=/run/secrets/siltdb siltdb
#
# The password file holds the password that the superuser `admin` gets when the data folder is new.
# To change the configuration, mount a config.toml over /etc/siltdb/config.toml or set SILTDB_<SECTION>__<KEY>.

FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv /opt/siltdb
RUN /opt/siltdb/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
# The tools that build the project's own wheel stay in this stage.
RUN python3 -m venv /opt/tools
RUN /opt/tools/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY sql sql
COPY storage storage
COPY jobs jobs
RUN /opt/tools/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels .
RUN /opt/siltdb/bin/python -m pip install --no-cache-dir --no-deps --no-index --find-links wheels siltdb

FROM python:3.11-slim
RUN useradd --system --uid 5433 --home-dir /var/lib/siltdb siltdb \
    && install -d -o siltdb -g siltdb -m 700 /var/lib/siltdb
COPY --from=build /opt/siltdb /opt/siltdb
COPY config.toml /etc/siltdb/config.toml
# What differs in a container from config.toml's defaults: clients come from outside it, so they need a password.
ENV PATH=/opt/siltdb/bin:$PATH \
    SILTDB_SERVER__HOST=0.0.0.0 \
    SILTDB_AUTH__METHOD=scram-sha-256 \
    SILTDB_STORAGE__DATA_DIR=/var/lib/siltdb
USER siltdb
WORKDIR /var/lib/siltdb
VOLUME ["/etc/siltdb", "/var/lib/siltdb"]
EXPOSE 5433
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s \
    CMD ["siltdb", "healthcheck", "--config", "/etc/siltdb/config.toml"]
CMD ["siltdb", "serve", "--config", "/etc/siltdb/config.toml"]
