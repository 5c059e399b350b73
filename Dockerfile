# syntax=docker/dockerfile:1
# Two stages: the build has compilers, the image has the service, its libraries, and the g++ and
# Python that graded programs are compiled and run with. Each step is a script that also runs
# without Docker.

FROM swift:6.2-bookworm AS build
WORKDIR /assay
COPY scripts/setup scripts/
RUN scripts/setup
COPY scripts/fetch-language-model scripts/
RUN scripts/fetch-language-model
COPY Package.swift ./
RUN swift package resolve
COPY . .
RUN scripts/build release && scripts/stage /stage

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Assay" \
    org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-SA-3.0"
COPY scripts/setup-run /usr/local/sbin/assay-setup-run
RUN assay-setup-run && rm -rf /var/lib/apt/lists/*
COPY --from=build /stage/ /
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["/opt/assay/assay", "doctor", "--probe"]
ENTRYPOINT ["/opt/assay/assay"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--language-model", "/opt/assay/lid.176.ftz"]
