# sameday's own image: it runs the last tasks of a run (wait, verify, promote, sync), where its jobs are.
FROM python:3.13.11-slim-trixie@sha256:2b9c9803c6a287cafa0a8c917211dddd23dcd2016f049690ee5219f5d3f1636e AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/sameday
COPY requirements.lock /build/
RUN /opt/sameday/bin/python -I -m pip install --quiet --no-deps --require-hashes --requirement /build/requirements.lock
COPY LICENSE README.md pyproject.toml /build/
COPY bot /build/bot
COPY checks /build/checks
RUN /opt/sameday/bin/python -I -m pip install --quiet --no-deps --no-build-isolation /build \
    && /opt/sameday/bin/python -I -m pip uninstall --quiet --yes hatchling pip \
    && /opt/sameday/bin/sameday task --help >/dev/null

FROM python:3.13.11-slim-trixie@sha256:2b9c9803c6a287cafa0a8c917211dddd23dcd2016f049690ee5219f5d3f1636e
LABEL org.opencontainers.image.source="https://github.com/sameday-bot/sameday" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/sameday /opt/sameday
ENV PATH=/opt/sameday/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1
WORKDIR /tmp
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["sameday"]
