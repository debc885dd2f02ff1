FROM node:22-slim
RUN npm install --global @macp-agent/runtime@0.1.0 && mkdir /data && chown node:node /data
USER node
EXPOSE 50051
CMD ["macp-runtime"]
