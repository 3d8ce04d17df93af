# The server as an image: non-root, and content with a read-only file system.
#   docker build -t claimex . && docker run --read-only -p 8000:8000 claimex
FROM python:3.11-slim
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 CLAIMEX_SERVE_HOST=0.0.0.0
COPY constraints.txt .
COPY pyproject.toml README.md LICENSE ./
COPY claimex claimex
RUN pip install --no-cache-dir -c constraints.txt '.[serve]'
COPY serve serve
RUN useradd --system --uid 10001 claimex
USER claimex
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${CLAIMEX_SERVE_PORT:-8000}/healthz', timeout=2)"
STOPSIGNAL SIGTERM
CMD ["python", "-m", "serve"]
