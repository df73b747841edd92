"""What one writes with FastAPI in place of a mock: uploads into memory, and back."""

from fastapi import FastAPI, HTTPException, Response, UploadFile

app = FastAPI()
files = {}


@app.post("/v2/attachments/", status_code=201)
async def upload(file: UploadFile):
    content = await file.read()
    number = str(len(files) + 1)
    files[number] = (file.filename, file.content_type, content)
    return {"id": number, "name": file.filename, "mimetype": file.content_type, "size": len(content)}


@app.get("/v2/attachments/{number}/{name}")
async def download(number: str, name: str):
    stored = files.get(number)
    if stored is None or stored[0] != name:
        raise HTTPException(404)
    return Response(stored[2], media_type=stored[1])


@app.delete("/v2/attachments/", status_code=204)
async def forget():
    files.clear()
