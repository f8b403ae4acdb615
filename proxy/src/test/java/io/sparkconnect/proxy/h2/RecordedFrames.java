/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;

/** Writes down what it is told, as lines that tests compare. */
class RecordedFrames implements FrameListener {
    final List<String> lines = new ArrayList<>();

    @Override
    public void onData(int streamId, ByteBuf frame, int at, int length, int flowControlled, boolean endStream) {
        int onTheWire = Frame.length(frame, at);
        String content = ByteBufUtil.hexDump(frame, at + Frame.HEADER_LENGTH, length);
        lines.add("data " + streamId + " " + content + " costs " + flowControlled + (endStream ? " end" : "")
                + (onTheWire == length && Frame.streamId(frame, at) == streamId && Frame.type(frame, at) == Frame.DATA
                        ? ""
                        : " with a wrong header"));
    }

    @Override
    public void onHeaders(int streamId, ByteBuf block, boolean endStream, boolean selfDependent) {
        lines.add("headers " + streamId + " " + ByteBufUtil.hexDump(block) + (endStream ? " end" : "")
                + (selfDependent ? " self-dependent" : ""));
    }

    @Override
    public void onRstStream(int streamId, long errorCode) {
        lines.add("reset " + streamId + " " + errorCode);
    }

    @Override
    public void onSettings(ByteBuf entries) {
        lines.add("settings " + ByteBufUtil.hexDump(entries));
    }

    @Override
    public void onSettingsAck() {
        lines.add("settings ack");
    }

    @Override
    public void onPing(long payload, boolean ack) {
        lines.add("ping " + payload + (ack ? " ack" : ""));
    }

    @Override
    public void onGoAway(int lastStreamId, long errorCode) {
        lines.add("goaway " + lastStreamId + " " + errorCode);
    }

    @Override
    public void onWindowUpdate(int streamId, int increment) {
        lines.add("window " + streamId + " +" + increment);
    }

    @Override
    public void onPriority(int streamId) {
        lines.add("priority " + streamId);
    }

    @Override
    public void onStreamError(int streamId, ErrorCode code, String message) {
        lines.add("stream error " + streamId + " " + code);
    }
}
