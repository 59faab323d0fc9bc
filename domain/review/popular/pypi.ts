/** Among the most used distributions of PyPI, as of 2025, and honest ones that look like them. */
export const popularPypi = `
absl-py aiobotocore aiofiles aiohttp aiosignal alabaster alembic altair amqp aniso8601 annotated-types ansible ansible-core anthropic
anyio apache-airflow apache-beam appdirs apscheduler argcomplete argon2-cffi arrow asgiref asn1crypto astroid asttokens async-timeout
asyncpg attrs autopep8 awscli awswrangler azure-common azure-core azure-identity azure-storage-blob babel backoff bandit bcrypt
beautifulsoup4 billiard bitarray black bleach blinker bokeh boto3 boto botocore build cachecontrol cachetools catboost celery
certifi cffi chardet charset-normalizer click click-plugins cloudpickle colorama coloredlogs colorlog comm configargparse
configparser contourpy coverage cryptography cycler cython dash dask databricks-cli databricks-sdk datadog datasets dateparser db-dtypes
dbt-core ddtrace debugpy decorator deepdiff defusedxml delta-spark deprecated diffusers dill discord.py distlib distro django
django-filter djangorestframework dnspython docker docker-compose dockerfile-parse docopt docstring-parser docutils
dulwich duckdb elasticsearch email-validator entrypoints et-xmlfile eventlet exceptiongroup execnet executing fabric faiss-cpu
faker fastapi fastavro fasteners fastjsonschema fastparquet filelock flake8 flask flask-cors flask-login flask-sqlalchemy
flatbuffers fonttools frozenlist fsspec future gast gcsfs geopandas gevent gitdb gitpython google-api-core
google-api-python-client google-auth google-auth-oauthlib google-cloud-bigquery google-cloud-core google-cloud-storage
google-genai google-pasta google-resumable-media googleapis-common-protos gradio graphene graphql-core graphviz greenlet grpcio
grpcio-status grpcio-tools gspread gunicorn h11 h2 h5py hatchling hpack html5lib httpcore httplib2 httptools httpx
huggingface-hub humanfriendly humanize hvac hydra-core hypercorn hypothesis identify idna imageio imbalanced-learn importlib-metadata
importlib-resources incremental inflection influxdb iniconfig ipykernel ipython ipywidgets isodate isoduration isort itsdangerous
jaraco-classes jax jedi jeepney jinja2 jira jiter jmespath joblib json5 jsonpath-ng jsonpickle jsonpointer jsonschema jupyter
jupyter-client jupyter-core jupyterlab kafka-python keras keyring kiwisolver kombu kubernetes langchain langchain-core
langchain-openai langgraph langsmith lazy-object-proxy librosa lightgbm lightning litellm llvmlite locust loguru lxml lz4 mako
markdown markdown-it-py markupsafe marshmallow matplotlib mccabe mdurl mlflow mistune mock more-itertools moto mpmath msal
msgpack multidict mypy mypy-extensions mysql-connector-python mysqlclient natsort nbconvert nbformat neo4j nest-asyncio networkx
nltk nodeenv notebook numba numexpr numpy nvidia-ml-py oauth2client oauthlib onnx onnxruntime openai opencv-python
opencv-python-headless openpyxl opentelemetry-api opentelemetry-sdk opt-einsum oracledb orjson oscrypto overrides packaging
pandas pandas-gbq papermill paramiko parso passlib pathos pathspec patsy pbr pdfminer.six pdfplumber peewee pendulum pexpect
pika pillow pinecone pip pip-tools pipenv pkginfo platformdirs playwright plotly pluggy ply poetry poetry-core polars
portalocker pre-commit prefect prometheus-client prompt-toolkit propcache proto-plus protobuf psutil psycopg psycopg2
psycopg2-binary ptyprocess pure-eval py4j pyarrow pyasn1 pyasn1-modules pycodestyle pycparser pycryptodome pycryptodomex pydantic
pydantic-core pydantic-settings pydub pyflakes pygame pygithub pygments pyinstaller pyjwt pylint pymongo pymssql pymysql pynacl
pyodbc pyopenssl pyparsing pypdf pypdf2 pyperclip pyproject-hooks pyqt5 pyrsistent pyserial pysocks pyspark pytelegrambotapi
pytesseract pytest pytest-asyncio pytest-cov pytest-django pytest-mock pytest-xdist python-dateutil python-docx python-dotenv
python-jose python-json-logger python-multipart python-slugify python-telegram-bot pytorch-lightning pytz pywavelets pywin32
pyyaml pyzmq qdrant-client rapidfuzz ray readme-renderer redis regex reportlab requests requests-aws4auth requests-mock
requests-oauthlib requests-toolbelt responses rfc3986 rich rpds-py rsa ruamel.yaml ruff s3fs s3transfer safetensors
scikit-image scikit-learn scipy scrapy seaborn secretstorage selenium semver send2trash sentencepiece sentence-transformers
sentry-sdk setuptools shap shapely simplejson six slack-sdk slackclient smmap sniffio snowballstemmer snowflake-connector-python
sortedcontainers soupsieve spacy sphinx sphinx-rtd-theme sqlalchemy sqlparse sqlmodel sse-starlette stack-data starlette
statsmodels streamlit stripe structlog sympy tableauserverclient tabulate telethon tenacity tensorboard tensorflow
tensorflow-estimator termcolor text-unidecode textblob texttable threadpoolctl thrift tiktoken tinycss2 tokenizers toml tomli
tomlkit toolz torch torchaudio torchvision tornado tox tqdm traitlets transformers trio twilio twine typeguard typer
types-requests typing-extensions typing-inspect tzdata tzlocal ujson unidecode uritemplate urllib3 uvicorn uvloop virtualenv
wandb watchdog watchfiles wcwidth weasyprint web3 webencodings websocket-client websockets werkzeug wheel wrapt xgboost
xlrd xlsxwriter xmltodict yarl yfinance zeep zipp zope-interface zstandard
authlib cattrs ijson jellyfish markdown2
`;
