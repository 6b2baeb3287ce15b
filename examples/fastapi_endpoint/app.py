"""An endpoint that takes a deal and answers with the typed assessment; 422 names every bad field.

uvicorn --app-dir examples/fastapi_endpoint app:app
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse

import kamrules as kr

ENGINE = kr.compile(kr.load_pack("handbook"))  # immutable, so all threads share it
app = FastAPI(title="kamrules", version=kr.__version__)


# Not `deal: ENGINE.model`: the engine reads the record itself, because it also refuses private data by field
# name, redacts free text, and gives hints that FastAPI's own reading of the body does not have.
@app.post("/assessments")
def assess(deal: Annotated[dict[str, Any], Body()], as_of: date) -> kr.Assessment:
    """Assess one deal as of one day; the server's clock is never read."""
    return ENGINE.assess(deal, as_of=as_of)


@app.exception_handler(kr.RecordError)
def refuse(_request: Request, error: kr.RecordError) -> JSONResponse:
    """Answer in the form of FastAPI's own 422, so that a client needs one way of reading it."""
    detail = [
        {
            "type": fault.code,
            "loc": ["body", *fault.where.split(".")],
            "msg": f"{fault.message}; {fault.hint}" if fault.hint else fault.message,
        }
        for fault in error.faults
    ]
    return JSONResponse({"detail": detail}, status_code=422)
