"""A service that parses texts: FastAPI around one model, which all requests share.

    ONNLU_MODEL=models/onnx uvicorn app:app

`ONNLU_DIGEST` is the model to insist on.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

import onnlu

# What a client can mend; all else is ours.
STATUS = {onnlu.TextTooLongException: 413}


class ParseRequest(BaseModel):
    """The body of a request, as Rasa's `/model/parse` takes it."""

    text: str
    message_id: str | None = None


class Intent(BaseModel):
    """An intent; the name is null where nothing is known of the text."""

    name: str | None
    confidence: float


class ParseResponse(BaseModel):
    """What Rasa's `/model/parse` answers; entities have the keys that their extractor sets."""

    model_config = ConfigDict(extra="allow")

    text: str
    intent: Intent
    entities: list[dict[str, Any]]
    text_tokens: list[tuple[int, int]]
    intent_ranking: list[Intent]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # Before the first request, and in the very process that answers: also behind a server that
    # forks. Whatever is wrong with the model ends the start, and nobody waits for an answer.
    model = os.environ.get("ONNLU_MODEL")
    if not model:
        raise onnlu.InvalidConfigException(
            "ONNLU_MODEL is not set. Set it to the directory of an exported model: "
            "ONNLU_MODEL=models/onnx uvicorn app:app"
        )
    app.state.nlu = onnlu.load(model, digest=os.environ.get("ONNLU_DIGEST"))
    yield


app = FastAPI(title="onnlu", version=onnlu.__version__, lifespan=lifespan)


# `def`, not `async def`: FastAPI runs it in a thread, and the loop stays free for other requests.
@app.post("/parse", response_model=ParseResponse)
def parse(body: ParseRequest, request: Request) -> dict[str, Any]:
    nlu: onnlu.NLU = request.app.state.nlu
    found = nlu.parse(body.text).to_dict()
    return found if body.message_id is None else found | {"message_id": body.message_id}


@app.get("/health")
def health(request: Request) -> dict[str, str]:
    nlu: onnlu.NLU = request.app.state.nlu
    return {"status": "ok", "model_id": nlu.model.model_id, "version": onnlu.__version__}


@app.exception_handler(onnlu.OnnluException)
async def refused(request: Request, error: onnlu.OnnluException) -> JSONResponse:
    return failure(STATUS.get(type(error), 500), type(error).__name__, str(error))


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return failure(422, "InvalidRequest", "; ".join(problems))


def failure(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
