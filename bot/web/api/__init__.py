"""The HTTP API for programs: questions, search, sources, and questions in OpenAI's format."""
