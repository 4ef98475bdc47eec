"""The provider: a model behind the OpenAI Responses API."""
